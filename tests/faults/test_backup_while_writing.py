"""A backup is taken while people write, the server is lost, and the meeting goes on from the backup."""

from tests.faults.conftest import Meeting
from tests.faults.waiting import wait_until

WRITERS = 4


def test_nothing_acknowledged_before_a_backup_is_missing_in_it(meeting: Meeting) -> None:
    for seat in meeting.participants[:WRITERS]:
        meeting.enter(seat).keep_writing(0.02)
    meeting.wait_for_acknowledgements(40)
    promised = {attempt.args["text"] for attempt in meeting.ledger.acknowledged}
    server, file = meeting.server, meeting.server.folder.with_name("facilitation.backup")
    rows = server.flask("backup", str(file))["rows"]
    assert rows["contributions"] >= len(promised)
    meeting.wait_for_acknowledgements(5)
    for client in meeting.clients:
        client.stop_writing()
    server.kill()

    server.begin_anew(server.folder.with_name("restored"))
    server.flask("restore", str(file))
    joins = [client.joins for client in meeting.clients]
    server.start()
    stored = meeting.seats["facilitator"].get(server.port, "state.json").json()
    texts = [each["text"] for each in stored["contributions"]]
    attempted = {attempt.args["text"] for attempt in meeting.ledger.attempts}
    assert promised <= set(texts) <= attempted and len(texts) == len(set(texts))
    # Those who were ahead of what was put back are told so, and can go on.
    for client, before in zip(meeting.clients, joins, strict=True):
        wait_until(lambda: client.joins > before, 30, lambda: f"{client} to be back")  # noqa: B023 - called at once
    there = len(meeting.ledger.acknowledged)
    meeting.clients[0].keep_writing(0.05)
    wait_until(lambda: len(meeting.ledger.acknowledged) > there, 30, lambda: "a command after the restore")
    assert "Traceback" not in server.told(), server.told()
