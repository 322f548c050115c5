"""A canvas that draws in the kernel: the methods of ipycanvas, and the picture as an array."""

from cvat_widgets.widgets.raster.canvas import RasterCanvas
from cvat_widgets.widgets.raster.heat import heat_picture

__all__ = ["RasterCanvas", "heat_picture"]
