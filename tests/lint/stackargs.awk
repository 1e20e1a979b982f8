# SPDX-License-Identifier: MIT
#
# stackargs.awk: which functions take arguments on the stack, or memory classes, by the debug information of a program
#
#	awk -f stackargs.awk PADS -  < readelf -wi PROGRAM
#
# PADS: addresses of pads, a hexadecimal number a line; one is at the beginning of its function, or 4 bytes behind it (endbr64). Prints "name: why" for each of them that breaks a rule of the x86-64 ABI's register passing
# as far as C's types need it: six words of integers and pointers (two for a struct of up to 16 bytes, one more for a result in memory), eight
# floats; structs over 16 bytes and long double go by memory; so do variable arguments.

function hex(s,    n, i) {
	n = 0
	s = tolower(s)
	sub(/^0x/, "", s)
	for (i = 1; i <= length(s); i++)
		n = n * 16 + index("0123456789abcdef", substr(s, i, 1)) - 1
	return n
}

function key(n) { # as an index; mawk would round it
	return int(n / 65536) "," n % 65536
}

# The type below typedefs and qualifiers; an origin's, for a parameter that has none of its own
function strip(t,    i) {
	for (i = 0; i < 20 && t != "" && tag[t] ~ /typedef|const_type|volatile_type|restrict_type|atomic_type/; i++)
		t = type[t]
	return t
}

# Words that a value of type @t takes: 1, 2; "f": a float register; "m": memory; 0: void
function words(t,    s) {
	t = strip(t)
	if (t == "")
		return 0
	s = size[t]
	if (tag[t] ~ /pointer|enumeration/)
		return 1
	if (tag[t] ~ /base_type/) {
		if (name[t] ~ /^(float|double)$/)
			return "f"
		if (name[t] ~ /long double/)
			return "m"
		return s > 8 ? 2 : 1
	}
	return s > 16 ? "m" : s > 8 ? 2 : 1
}

function judge(d,    i, n, w, floats, why, p) {
	n = words(rtype[d]) == "m"
	for (i = 1; i <= params[d]; i++) {
		p = param[d, i]
		if (type[p] == "" && origin[p] != "")
			w = words(type[origin[p]])
		else
			w = words(type[p])
		if (w == "m")
			why = "argument " i " is passed in memory"
		else if (w == "f")
			floats++
		else
			n += w
	}
	if (n > 6)
		why = n " words of arguments"
	if (floats > 8)
		why = floats " floating point arguments"
	if (variadic[d])
		why = "variable arguments"
	if (why != "")
		print (name[d] != "" ? name[d] : name[origin[d]]) ": " why
	seen++
}

function flush(    i) {
	for (i = 1; i <= nsub; i++)
		if (key(low[sub_[i]]) in pad || key(low[sub_[i]] + 4) in pad)
			judge(sub_[i])
	split("", tag); split("", type); split("", size); split("", name); split("", origin); split("", low)
	split("", params); split("", param); split("", variadic); split("", rtype); split("", sub_)
	nsub = 0
}

FNR == NR && FILENAME != "-" { pad[key(hex($1))] = 1; npads++; next }

/Compilation Unit @ offset/ { flush() }
/^ <[0-9a-f]+><[0-9a-f]+>: Abbrev Number: [0-9]+ \(/ {
	split($1, part, /[<>]/)
	level = hex(part[2])
	die = part[4]
	t = $0
	sub(/.*\(DW_TAG_/, "", t)
	sub(/\).*/, "", t)
	tag[die] = t
	if (t == "subprogram") {
		fn = die
		fn_level = level
		sub_[++nsub] = die
	} else if (level <= fn_level) {
		fn = ""
	} else if (fn != "" && level == fn_level + 1) {
		if (t == "formal_parameter")
			param[fn, ++params[fn]] = die
		else if (t == "unspecified_parameters")
			variadic[fn] = 1
	}
	next
}
/DW_AT_name / { t = $0; sub(/.*: /, "", t); sub(/[ \t]+$/, "", t); name[die] = t; next }
/DW_AT_type / {
	t = $NF
	gsub(/[<>]|0x/, "", t)
	if (tag[die] == "subprogram")
		rtype[die] = t
	else
		type[die] = t
	next
}
/DW_AT_byte_size / { size[die] = $NF ~ /^0x/ ? hex($NF) : $NF + 0; next }
/DW_AT_abstract_origin/ { t = $NF; gsub(/[<>]|0x/, "", t); origin[die] = t; next }
/DW_AT_low_pc / { low[die] = hex($NF); next }

END {
	flush()
	if (seen < npads * 9 / 10)
		print "only " seen + 0 " of " npads + 0 " functions have debug information"
}
