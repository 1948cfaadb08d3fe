"""The digit game: a folder that Rojo, Lune and the web page make the experience from."""
