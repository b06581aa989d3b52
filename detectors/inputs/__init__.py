"""Untrusted bytes become pixels: images, archives, videos, and the limits their headers must keep."""
