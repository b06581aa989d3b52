"""Labelled faces: data sets and splits, the face index, augmentation and blending."""
