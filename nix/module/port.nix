# A port of 20000 to 28191 for a text: always the same one, so that a new model moves no other.
{ lib }:
text:
let
  digits = lib.stringToCharacters (builtins.substring 0 4 (builtins.hashString "sha256" text));
  value = digit: lib.lists.findFirstIndex (other: other == digit) null hexadecimal;
  hexadecimal = lib.stringToCharacters "0123456789abcdef";
  number = lib.foldl' (sum: digit: sum * 16 + value digit) 0 digits;
in
20000 + lib.mod number 8192
