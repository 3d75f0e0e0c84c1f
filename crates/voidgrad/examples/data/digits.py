"""Writes digits.txt from the file digits.csv.gz of scikit-learn (sklearn/datasets/data): python digits.py digits.csv.gz

An image is a line of 16 hexadecimal digits, a bit for each of its 8 x 8 pixels, row by row, the first pixel in the highest bit. A pixel is 1 if its
value is at least 8 of 16.
"""

import gzip
import sys

with gzip.open(sys.argv[1], "rt") as rows, open("digits.txt", "w") as images:
    for row in rows:
        *pixels, _digit = row.split(",")
        bits = "".join("1" if int(pixel) >= 8 else "0" for pixel in pixels)
        images.write(f"{int(bits, 2):016x}\n")
