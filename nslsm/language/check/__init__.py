"""Names resolved, types known: from syntax trees to the typed program, with everything that is wrong said once."""
