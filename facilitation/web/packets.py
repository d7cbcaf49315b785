"""Socket.IO packets as strangers may send them: whatever cannot be read becomes an event that is answered as invalid."""

import logging
import re
from typing import Any

from engineio import packet
from socketio.packet import ACK, CONNECT, DISCONNECT, EVENT, Packet

UNREADABLE = "unreadable"
"""The event that an unreadable packet becomes."""

_OF_NO_KIND = "9"
_NAME = re.compile(r'\["(\w{1,40})"')


class TolerantPacket(Packet):  # type: ignore[misc]
    """A packet whose decoding never raises, holds no binary attachments, and always has an event's name."""

    def __init__(self, *given: Any, **named: Any) -> None:
        if "encoded_packet" in named:
            # An empty message would be taken for none.
            named["encoded_packet"] = named["encoded_packet"] or _OF_NO_KIND
        super().__init__(*given, **named)

    def decode(self, encoded_packet: Any) -> int:
        """Decodes; the number of binary attachments to wait for is always 0, because none are taken."""
        if isinstance(encoded_packet, bytes):
            # An attachment that belongs to nothing, since packets that announce some are refused below.
            self.packet_type, self.namespace, self.id, self.data = EVENT, "/", None, [UNREADABLE, None]
            return 0
        try:
            super().decode(encoded_packet)
        except (ValueError, RecursionError):
            # The type and the id of the answer are read before the data.
            named = _NAME.search(encoded_packet[:60])
            self.data = [named[1] if named else UNREADABLE, None]
        if self.packet_type not in (CONNECT, DISCONNECT, EVENT, ACK):
            self.packet_type, self.data = EVENT, [UNREADABLE, None]
        if self.packet_type == EVENT and not (
            isinstance(self.data, list) and self.data and isinstance(self.data[0], str)
        ):
            self.data = [UNREADABLE, None]
        return 0


class TolerantFrame(packet.Packet):  # type: ignore[misc]
    """What a packet comes in; one that cannot be read asks for nothing. The library's own would raise in the thread that serves
    the connection, which would be left half open."""

    def decode(self, encoded_packet: Any) -> None:
        """Decodes; never raises."""
        try:
            super().decode(encoded_packet)
        except (ValueError, RecursionError):
            self.packet_type, self.binary, self.data = packet.NOOP, False, None


packet.Packet = TolerantFrame


def let_go_at_once(engine: Any) -> None:
    """Has the library end the connection of somebody who sends by polling what it does not take, without waiting for them.

    Its own way waits, with a thread, until they fetch what waits for them: a thousand who never ask again would be the end.
    """

    def disconnect(sid: str | None = None) -> None:
        for each in list(engine.sockets) if sid is None else [sid]:
            found = engine.sockets.get(each)
            if found is not None:
                found.close(wait=False, reason=engine.reason.SERVER_DISCONNECT)
                engine.sockets.pop(each, None)

    engine.disconnect = disconnect


def _not_ours(record: logging.LogRecord) -> bool:
    """What strangers send by polling that cannot be read is no fault of ours: a line, and not where the library stumbled."""
    if record.msg == "post request handler error":
        record.levelno, record.levelname, record.exc_info = logging.INFO, "INFO", None
    return True


logging.getLogger("engineio.server").addFilter(_not_ours)
