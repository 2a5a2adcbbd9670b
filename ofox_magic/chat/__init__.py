"""
The conversation, as values.

Standard library only: no I/O, no Jupyter, no clock. Read it bottom up:
parts -> messages -> events -> reply -> conversation -> session.
"""
