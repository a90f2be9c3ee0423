-- Adds an item at version 0.
-- $1 item uuid
insert into item (site_id, item_id) values (1, $1)
