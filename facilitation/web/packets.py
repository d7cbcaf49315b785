"""Socket.IO packets as strangers may send them: whatever cannot be read becomes an event that is answered as invalid."""

import re
from typing import Any

from socketio.packet import BINARY_ACK, BINARY_EVENT, EVENT, Packet

UNREADABLE = "unreadable"
"""The event that an unreadable packet becomes."""

_NAME = re.compile(r'\["(\w{1,40})"')


class TolerantPacket(Packet):  # type: ignore[misc]
    """A packet whose decoding never raises, holds no binary attachments, and always has an event's name."""

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
        if self.packet_type in (BINARY_EVENT, BINARY_ACK):
            self.packet_type, self.data = EVENT, [UNREADABLE, None]
        if self.packet_type == EVENT and not (
            isinstance(self.data, list) and self.data and isinstance(self.data[0], str)
        ):
            self.data = [UNREADABLE, None]
        return 0
