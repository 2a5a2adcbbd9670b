"""The conversation as a widget beside the cells. Imported when a panel is asked for, since widgets are heavy."""
