scenario storm 25
kill_many 100 25 8M storm
contexts=$CONTEXTS
