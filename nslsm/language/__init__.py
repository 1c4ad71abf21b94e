"""The language tower: text to syntax tree to checked, typed program. It knows no task and does no I/O of its own."""
