-- Revert imports.
begin;
drop function target.import_size(int4, uuid);
commit;
