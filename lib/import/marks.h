/* The marks that begin a numbered paragraph, and the numerals in them. */
#pragma once

#include "import/span.h"

/* From the widest to the narrowest level. */
typedef enum mark_kind {
    MARK_NONE,
    MARK_PART,           /* 第一部分 */
    MARK_ORDINAL,        /* 一、 */
    MARK_BRACKET,        /* （一） */
    MARK_DIGITS,         /* 1. or 1、 */
    MARK_DOTTED,         /* 1.1 */
    MARK_DIGITS_BRACKET, /* （1） or 1） */
    MARK_CIRCLE,         /* ① */
    MARK_KINDS
} mark_kind;

typedef struct mark {
    mark_kind kind;
    int number;
    int above; /* 1 of 1.2, for MARK_DOTTED */
    bool sure; /* 1.2、 is no fraction */
    size_t n;  /* bytes of the mark in the folded text */
} mark;

/* The mark at the start of a folded text; kind MARK_NONE when there is none. */
mark mark_read(span text);
/* The same for 1.2, which may as well be a fraction: only its place in the sequence can tell. */
mark mark_read_dotted(span text);
/* Bytes of ASCII digits at the start. */
size_t digits_length(span text);
/* A small number in digits or characters (十二, 二〇二五) at the start; its length in bytes, 0 when there is none. */
size_t numeral_read(span text, int *ret_number);
