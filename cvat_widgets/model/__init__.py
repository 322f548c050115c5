"""Records and mathematics of annotations: NumPy only, no input or output."""
