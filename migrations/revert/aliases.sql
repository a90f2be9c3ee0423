-- Revert aliases.
begin;
drop function directory.drop_aliases(int4[], text[]);
commit;
