"""The mechanism: commands, journal, regions, patches. It knows no meeting and no activity."""
