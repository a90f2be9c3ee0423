/* The four steps of a loop. Each is one statement: the task's new state and a line of its history, then `last`. */
const change = {
    create: `insert into rival_task (task_id, state, text) values ($1, 1, 'Rebuild 120 km of rural roads and 30 bridges.')`,
    acknowledge: 'update rival_task set state = 2 where task_id = $1 and state = 1',
    report: 'update rival_task set state = 3 where task_id = $1 and state = 2',
    close: 'update rival_task set state = 4 where task_id = $1 and state = 3'
}

export const names = Object.keys(change)

export const statement = (name, last) => ({ name, text: `with changed as (${change[name]} returning task_id, state), noted as (
insert into rival_event (task_id, state, move) select task_id, state, '${name}' from changed returning task_id)
select ${last} from noted` })
