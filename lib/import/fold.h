/* A reading form of printed text: without blanks, one width of marks and digits, with the way back. */
#pragma once

#include "import/span.h"

/* The folded text; origin[i] is the offset in the printed text of folded byte i, origin[text.n] the printed length. */
typedef struct folded {
    span text;
    span printed;
    uint32_t *origin;
} folded;

/* Folds valid UTF-8: blanks vanish, digits and letters become ASCII, ( ) , : ; and all brackets become full width. */
span fold(arena *mem, span printed);
folded fold_with_origin(arena *mem, span printed);
/* The printed text of folded bytes a..b, without blanks at its ends. */
span fold_printed(const folded *f, size_t a, size_t b);
