"""Sample media with exact ground truth, made on this machine when they are first asked for.

>>> import cvat_widgets as cw
>>> clip = cw.samples.street()
>>> clip.frame_count, clip.size, clip.labels.names
(120, (640, 360), ['car', 'person'])
"""

from __future__ import annotations

from cvat_widgets.samples.clips import barcode_clip, barcode_codecs, read_barcode, trimmed_clip
from cvat_widgets.samples.street import SamplePictures, SampleVideo, pictures, street, street_clip

__all__ = [
    "SamplePictures",
    "SampleVideo",
    "barcode_clip",
    "barcode_codecs",
    "pictures",
    "read_barcode",
    "street",
    "street_clip",
    "trimmed_clip",
]
