"""What every meeting has: workshops, delegations, people, the agenda and its clock, texts in languages."""
