"""Very many pictures and sounds into one table: `facejury scan`.

listing says which files; crew (on this machine) or on_ray (on many) has them judged; record is what is kept of one;
journal keeps it through any kill; table is what comes out.
"""
