"""Bounds that keep hostile or broken media from exhausting memory, disk or time.

Every bound is far above what real data sets hold; what exceeds one is refused by name, never cut off in silence.
"""

from __future__ import annotations

from typing import Final

MAX_PIXELS: Final = 500_000_000
"""Pixels of one picture (500 MP, about 1.5 GB decoded). Larger ones are refused from their header."""

MAX_MEMBER_BYTES: Final = 1 << 30
"""Unpacked bytes of one picture file or archive member (1 GiB)."""

MAX_ARCHIVE_BYTES: Final = 200 << 30
"""Unpacked bytes of all pictures of an archive (200 GiB)."""

MAX_ARCHIVE_MEMBERS: Final = 2_000_000
"""Members of an archive."""

MAX_RATIO: Final = 500
"""Unpacked bytes for each packed byte, judged only above :data:`RATIO_FLOOR`; deflate can reach 1032."""

RATIO_FLOOR: Final = 16 << 20
"""Members that unpack to less than this (16 MiB) may have any ratio: an empty mask is small."""

MAX_VIDEO_PACKETS: Final = 10_000_000
"""Packets of a video stream (46 hours at 60 frames a second)."""

MAX_MANIFEST_BYTES: Final = 1 << 30
"""Size of a manifest."""

PASS_THROUGH_BYTES: Final = 12 << 20
"""Pictures larger than this are sent re-encoded instead of as the original file."""

PASS_THROUGH_PIXELS: Final = 40_000_000
"""The same bound in pixels: a browser decodes 40 MP in about a quarter of a second."""

FRAME_CACHE_BYTES: Final = 384 << 20
"""Decoded frames kept in memory by the whole process (123 frames of 1080p video)."""

PROXY_DISK_BYTES: Final = 4 << 30
"""Proxies kept on disk by all videos together; the least recently used go first."""
