-- One item.
-- read
-- $1 item uuid
select version, note from item where site_id = 1 and item_id = $1
