"""How good conversion is: real schemas made on real servers, counted, and compared with what experts wrote."""
