"""How the work of heavy ops is divided: tiles and blocks, sums in locals, loops over what is not zero."""
