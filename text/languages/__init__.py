"""The page in other languages: a script for the browser, and a catalogue a language, from English to it."""
