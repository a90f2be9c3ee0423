-- Notes that every sheet of the running month was opened as of this day.
-- $1 site int4
-- $2 day date
update progress.today set opened_day = $2 where site_id = $1
