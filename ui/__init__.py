"""The page: one file a tab. It builds components and calls the packages; it holds no logic of its own."""

from ui.stubs import leave_stubs

leave_stubs()
