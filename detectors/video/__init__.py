"""People in a video or before a camera: frames, tracks, and one verdict a person."""
