"""The composition root, area by area: each module builds and wires what one area of the product is made of."""
