/* The first operator: somebody has to create the others. */
#pragma once

/* Reads a password from stdin and makes `login` an operator unless it exists; needs BIHUAN_DATABASE only. Harmless to
 * repeat. Returns the exit status. */
int bootstrap(const char *login);
