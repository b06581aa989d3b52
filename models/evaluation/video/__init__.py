"""How well people in videos are told, and their clips: from frames, and from what moves."""
