"""Models: interactors, detectors, trackers and re-identification."""
