"""Frame-exact video: an index of packets, whole groups of pictures decoded once, JPEG from YUV planes."""
