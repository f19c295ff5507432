# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154 # what is set between these lines is made by the tool

_quorumsetup_devices()
{
	local file name

	for file in /sys/block/dm-*/dm/uuid; do
		[[ -r $file ]] || continue
		read -r name <"$file"
		[[ $name == QUORUM-* ]] || continue
		read -r name <"${file%uuid}name"
		printf '%s\n' "$name"
	done
}

_quorumsetup_verb()
{
	local word

	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		if [[ $word != -* ]]; then
			echo "$word"
			return
		fi
	done
}

_quorumsetup_words()
{
	case $1 in
	format | dump | examine | erase)
		compgen -f -- "$2" ;;
	*)
		compgen -W "$(_quorumsetup_devices)" -- "$2"
		[[ $2 != /* ]] || compgen -f -- "$2" ;;
	esac
}

_quorumsetup()
{
	local word=${COMP_WORDS[COMP_CWORD]}
	local before=${COMP_WORDS[COMP_CWORD - 1]} verb values

	verb=$(_quorumsetup_verb)
	values=${_quorumsetup_values[$before]-}
	if [[ $values == *'|'* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "${values//|/ }" -- "$word")
	elif [[ $word == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W \
			"${_quorumsetup_options[${verb:-common}]-} ${_quorumsetup_options[common]}" \
			-- "$word")
	elif [[ ! $verb ]]; then
		mapfile -t COMPREPLY < <(compgen -W \
			"${!_quorumsetup_options[*]}" -- "$word" |
			grep -vx common)
	else
		mapfile -t COMPREPLY < <(_quorumsetup_words "$verb" "$word")
	fi
}

complete -o filenames -F _quorumsetup quorumsetup
