"""Rules as Linux's own modules load them, for the tables that the controls of ``base`` take."""
