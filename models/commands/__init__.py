"""The command line of the training side: `facejury models`, a module for each stage."""

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")  # before keras is imported, wherever that is
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
