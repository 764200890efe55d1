# Asks before fish runs a line; in the language of fish. docs/PROTOCOL.shell says how; names of ours begin with __bastion_.
#
# A line is asked for when the key that accepts it is pressed, which is bound to a function of ours, and dropped
# there. What comes to run without (by another key) is asked for in fish_preexec, where a line cannot be dropped
# any more: there a denial ends the shell.

# __bastion_say KIND TEXT: the status is 0 where it is answered, and allowed. While a line runs there is no prompt,
# whoever may say so.
function __bastion_say
    if test "$argv[1]" = P; and test -n "$(status current-commandline)"
        return 1
    end
    set -l text (builtin string split \n -- $argv[2])
    set text (builtin string replace -a % %25 -- $text)
    set text (builtin string join %0A -- $text)
    set -g __bastion_count (builtin math $__bastion_count + 1)
    set -lx LD_PRELOAD
    set -lx LD_AUDIT
    set -lx LD_LIBRARY_PATH
    builtin printf '%s\n' $__bastion_nonce $__bastion_token $__bastion_folder "$text" | /bin/sh -c $__bastion_script sh $argv[1] $fish_pid $__bastion_count $__bastion_patience >/dev/null 2>/dev/null
end

# Whether the function $argv[1] comes with fish: a path may begin there and lead elsewhere.
function __bastion_shipped
    set -l from (builtin functions -D -- $argv[1])
    builtin string match -q "$__bastion_data/*" -- $from; and not builtin string match -q '*/../*' -- $from
end

# Whether the file $argv[1] may be run, which makes a function: what is new is asked for first.
function __bastion_file
    builtin string match -q "$__bastion_data/*" -- $argv[1]; and not builtin string match -q '*/../*' -- $argv[1]; and return 0
    set -l text (builtin string split0 <$argv[1])
    # what stands behind a zero cannot be told
    set -q text[2]; and return 1
    builtin contains -- "$text" $__bastion_files; and return 0
    if test -n "$text"; and set -q __bastion_seen[1]
        __bastion_say C $text; or return 1
    end
    set -ga __bastion_files "$text"
end

# Whether the function $argv[1] may be loaded, by which fish runs the whole file.
function __bastion_loads
    builtin string match -q '*/*' -- $argv[1]; and return 0
    for folder in $fish_function_path
        if test -f $folder/$argv[1].fish
            __bastion_file $folder/$argv[1].fish
            return
        end
    end
    return 0
end

# What completes comes from files, which fish runs when it looks for them: a folder that is new is asked for.
function __bastion_completions
    set -l allowed
    for folder in $fish_complete_path
        if not set -q __bastion_seen[1]; or builtin contains -- $folder $__bastion_completing; or __bastion_say C "source $(builtin string escape -- $folder)/*.fish"
            set -a allowed $folder
        end
    end
    set -g __bastion_completing $allowed
    test "$allowed" = "$fish_complete_path"; or set -g fish_complete_path $allowed
end

# The bodies of functions of the person's that the text $argv[1] names, and of those that these name, are asked for
# once each: nothing asks for what they come to.
function __bastion_named
    set -l texts $argv[1]
    # what completions and other key bindings are made of is quoted, and runs later
    if builtin string match -qr 'complete|fish_key_bindings' -- $argv[1]
        set -l later (builtin string replace -ar '["\'\\\\]' '' -- $argv[1] | builtin string replace -ar '\s-\w*[na]\s*|\s--(condition|arguments)[ =]|fish_key_bindings' \n | builtin string collect)
        __bastion_say C $later; or return 1
    end
    while set -q texts[1]
        set -l plain (builtin string replace -ar '["\'\\\\]' '' -- $texts[1])
        set -l words (builtin string match -ar '[^\s;|&()<>{}$"\'\\\\=]+' -- $texts[1] $plain)
        set -e texts[1]
        for word in $words
            __bastion_loads $word; or return 1
            builtin functions -q -- $word; or continue
            builtin string match -q '__bastion_*' -- $word; and return 1
            __bastion_shipped $word; and continue
            set -l body (builtin functions --no-details -- $word)
            set -g __bastion_asked 1
            builtin contains -- "$body" $__bastion_known; and continue
            set -l inner (builtin string join \n -- $body[2..-2] | builtin string collect)
            if test -n "$inner"
                __bastion_say C $inner; or return 1
            end
            set -ga __bastion_known "$body"
            set -a texts $inner
        end
    end
    return 0
end

# What will run of the line $argv[1]: the abbreviation that the cursor stands behind is expanded yet.
function __bastion_expanded
    set -l word (builtin commandline -ct | builtin string collect)
    set -l before (builtin commandline -opc)
    if test -n "$word"; and not set -q before[1]; and test (builtin commandline -C) -eq (builtin string length -- $argv[1])
        for one in (builtin abbr --show)
            set -l found (builtin string match -r '^abbr -a -- (\S+) (.*)$' -- $one); or continue
            test "$found[2]" = "$word"; or continue
            set -l head (builtin string sub -l (builtin math (builtin string length -- $argv[1]) - (builtin string length -- $word)) -- $argv[1] | builtin string collect)
            builtin string collect -- "$head$(builtin string unescape -- $found[3])"
            return
        end
    end
    builtin string collect -- $argv[1]
end

# Whether Enter only begins another row: fish does so behind a backslash, and where something is open.
function __bastion_goes_on
    set -l left (builtin commandline -cb | builtin string collect)
    set -l all (builtin commandline -b | builtin string collect)
    set -l odd '(?<!\\\\)(\\\\\\\\)*\\\\$'
    if builtin string match -qr $odd -- $all[1]
        return 0
    end
    if builtin string match -qr $odd -- $left
        set -l next (builtin string sub -s (builtin math (builtin commandline -C) + 1) -l 1 -- $all)
        builtin string match -qr '^\s' -- $next; and return 0
    end
    builtin commandline --is-valid
    test $status -eq 2
end

function __bastion_enter
    set -l text (builtin commandline -b | builtin string collect)
    if test "$__bastion_at" != 1; or test -z (builtin string trim -- "$text" | builtin string collect)
        builtin commandline -f execute
    else if builtin commandline --search-field >/dev/null 2>&1
        __bastion_say M ''
        builtin commandline -f execute
    else if __bastion_goes_on
        __bastion_say M ''
        builtin commandline -f execute
    else if not builtin commandline --is-valid
        builtin commandline -f execute
    else
        set text (__bastion_expanded $text)
        if __bastion_say L $text; and __bastion_named $text
            set -g __bastion_approved $text
            # a suggestion that comes only now would stay on the screen
            builtin commandline --paging-mode; or builtin commandline -f suppress-autosuggestion
            builtin commandline -f execute
        else
            builtin commandline -f cancel-commandline repaint-mode
        end
    end
end

# A key that only begins another row, though Enter is a part of it.
function __bastion_row
    __bastion_say M ''
    builtin commandline -f expand-abbr
    builtin commandline -i \n
end

# A key that starts a program which reads what is typed: it is asked for as a line is.
function __bastion_key
    set -l text "$argv[1]"
    set -l word (builtin commandline -t | builtin string collect)
    switch $text
        case edit_command_buffer
            set text (set -q VISUAL; and builtin echo $VISUAL; or builtin echo $EDITOR)" command.fish"
        case __fish_preview_current_file
            set text (set -q PAGER; and builtin echo $PAGER; or builtin echo less)" $word"
        case '__fish_*_current_*'
            set text "$text $word"
    end
    if __bastion_say L $text
        set -g __bastion_lines (builtin math $__bastion_lines + 1)
        eval $argv[1]
    end
    __bastion_say P "$status $__bastion_lines $PWD"
end

# A key that completes: fish runs the substitutions of a command's name for that.
function __bastion_complete
    set -l word (builtin commandline -t | builtin string collect)
    if builtin string match -q '*(*' -- $word
        set -l is_allowed 0
        __bastion_say C "echo $word"; and __bastion_named "$word"; and set is_allowed 1
        __bastion_say P "$status $__bastion_lines $PWD"
        test $is_allowed = 1; or return
    end
    builtin commandline -f $argv[1]
end

function __bastion_preexec --on-event fish_preexec
    set -g __bastion_lines (builtin math $__bastion_lines + 1)
    set -g __bastion_at 0
    set -l text (builtin string collect -- $argv[1])
    # a line of plain words makes no functions
    if builtin string match -qr '[$(]|func|alias|trap|source|eval|emit|fish_|\.\s' -- (builtin string replace -ar '["\'\\\\]' '' -- $text); or test "$__bastion_asked" = 1
        set -g __bastion_stepped 1
    end
    set -g __bastion_asked 0
    set -l approved $__bastion_approved
    set -g __bastion_approved
    if test "$text" != "$approved"; or test -z "$text"
        if not __bastion_say L "$text"; or not __bastion_named "$text"
            /bin/sh -c 'kill -KILL $1' sh $fish_pid
            builtin exit 130
        end
    end
end

# The keys that accept a line are ours, those that complete or start programs as well; what else is new is asked for.
function __bastion_keys
    set -l now (builtin bind)
    test "$now" = "$__bastion_bound"; and return
    if set -q __bastion_bound[1]; and not builtin string match -q '* __bastion_enter' -- $now
        __bastion_say H 'a key of ours was taken away'
    end
    set -l own
    set -l new
    # the person's own come before those that fish has by itself
    for one in (builtin string match -v 'bind --preset *' -- $now) (builtin string match 'bind --preset *' -- $now)
        set -l found (builtin string match -r '^bind ((?:--preset )?)((?:-M \S+ )?)((?:-m \S+ )?)((?:-k )?(?:\'(?:[^\'\\\\]|\\\\.)*\'|\S|\S(?:[^\s\\\\]|\\\\.)*)) (.*)$' -- $one); or continue
        set -l where $found[3]$found[5]
        set -l what $found[6]
        set -l plain (builtin string unescape -- $what | builtin string collect)
        if builtin string match -qr '^__bastion_(enter|row|complete complete(-and-search)?|key (\\w|\\\\.|[/.:-])+)$' -- $plain
            # what stands for a preset goes, and comes again where that is still there
            if builtin contains -- $where $__bastion_replaced
                set -a own $where
            else
                eval "builtin bind --erase --user $where"
            end
            continue
        else if test -z "$found[2]"
            set -a own $where
        else if builtin contains -- $where $own
            continue
        end
        set -l ours
        if builtin contains -- $what execute 'execute repaint-mode'
            set ours __bastion_enter
        else if test "$plain" = 'commandline -f expand-abbr; commandline -i \\n'
            set ours __bastion_row
        else if builtin string match -qr '^(edit_command_buffer|__fish_(man_page|(preview|list|whatis)_current_\w+)|man\\\\ .*)$' -- $what
            set ours "__bastion_key $what"
        else if builtin contains -- $what complete complete-and-search
            set ours "__bastion_complete $what"
        else if not builtin contains -- $what $__bastion_commands
            set -ga __bastion_commands $what
            set -a new $where\t"$what"
        end
        if set -q ours[1]
            eval "builtin bind $found[3]$found[4]$found[5] "(builtin string escape -- $ours)
            test -z "$found[2]"; and set -ga __bastion_replaced $where
        end
    end
    if set -q __bastion_bound[1]
        __bastion_new_keys $new
    end
    set -g __bastion_bound (builtin bind)
end

# Keys that were made to run something are asked for, and unmade where that is denied.
function __bastion_new_keys
    set -l functions (builtin bind --function-names) __bastion_enter
    for one in $argv
        set -l part (builtin string split -m 1 \t -- $one)
        for word in (builtin string split ' ' -- $part[2])
            builtin contains -- $word $functions; and continue
            eval "set -l text "$part[2]
            if not __bastion_say C "$(builtin string join \n -- $text)"; or not __bastion_named "$text"
                eval "builtin bind --erase --preset $part[1]; builtin bind --erase $part[1]"
                set -e __bastion_commands[(builtin contains -i -- $part[2] $__bastion_commands)]
            end
            break
        end
    end
end

# Functions run without a line of their own too (hooks, keys, completions): new ones are asked for, and taken away
# where that is denied. What is there before the first prompt, login files made.
function __bastion_material
    test "$__bastion_stepped" = 1; or return
    set -g __bastion_stepped 0
    __bastion_completions
    set -l is_first 1
    set -q __bastion_seen[1]; and set is_first 0
    for folder in $fish_function_path
        builtin string match -q "$__bastion_data/*" -- $folder/; and not builtin string match -q '*/../*' -- $folder/; and continue
        for file in $folder/*.fish
            __bastion_file $file; or builtin functions -e -- (builtin string replace -r '.*/(.*)\.fish$' '$1' -- $file)
        end
    end
    for name in (builtin functions -an)
        __bastion_shipped $name; and continue
        set -l body "$(builtin functions --no-details -- $name)"
        builtin contains -- "$body" $__bastion_seen; and continue
        if builtin string match -q '__bastion_*' -- $name; or test $is_first = 1; or __bastion_named $name
            set -ga __bastion_seen "$body"
        else
            builtin functions -e -- $name
        end
    end
end

function __bastion_prompt --on-event fish_prompt --on-event fish_cancel --on-event fish_posterror
    set -l last $status
    set -l now (builtin functions --no-details -- (builtin functions -an | builtin string match '__bastion_*'))
    if test "$now" != "$__bastion_whole"
        builtin string join \n -- $__bastion_ours | builtin source
        __bastion_say H 'a function of ours was taken away'
    end
    __bastion_keys
    __bastion_material
    set -g __bastion_approved
    set -g __bastion_at 1
    __bastion_say P "$last $__bastion_lines $PWD"
end

set -l folder $__bastion_folder
set -e __bastion_folder
set -g __bastion_folder $folder
set -g __bastion_nonce @NONCE@
set -g __bastion_token @TOKEN@
set -g __bastion_patience @PATIENCE@
set -g __bastion_count 0
set -g __bastion_lines 0
set -g __bastion_at 0
set -g __bastion_approved
set -g __bastion_known
set -g __bastion_data $__fish_data_dir
set -g __bastion_asked 0
set -g __bastion_stepped 1
set -g __bastion_seen
set -g __bastion_files
set -g __bastion_completing
set -g __bastion_bound
set -g __bastion_commands
set -g __bastion_replaced
read -gz __bastion_script <$__bastion_folder/ask
set -g __bastion_whole (builtin functions --no-details -- (builtin functions -an | builtin string match '__bastion_*'))
set -g __bastion_ours $__bastion_whole
