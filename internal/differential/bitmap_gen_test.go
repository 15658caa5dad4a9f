package differential

var bitmapForms = parseForms(`
	2* SET {key} {value}
	4* SETBIT {key} {bitoffset} {bit}
	2* GETBIT {key} {bitoffset}
	BITCOUNT {key}
	3* BITCOUNT {key} {index} {index} [BYTE|BIT]
	BITCOUNT {key} {index}
	BITPOS {key} {bit}
	BITPOS {key} {bit} {index}
	4* BITPOS {key} {bit} {index} {index} [BYTE|BIT]
	BITPOS {key} {bit} {index} (BYTE|BIT)
	4* BITOP (AND|OR|XOR|NOT) {key} {key}+
	BITOP NOT {key} {key}
	BITOP {junk} {key} {key}
	6* BITFIELD {key} (GET {bittype} {bitfield}|SET {bittype} {bitfield} {bits}|INCRBY {bittype} {bitfield} {bits}|OVERFLOW (WRAP|SAT|FAIL|WRAP|SAT|FAIL|NONE))+
	2* BITFIELD {key} (GET u8 {bitfield}|SET i5 #1 {bits}|OVERFLOW SAT INCRBY i8 {bitfield} {bits}|OVERFLOW FAIL INCRBY u4 #1 {bits}|INCRBY i64 0 {bits})+
	BITFIELD {key}
	2* BITFIELD_RO {key} (GET {bittype} {bitfield})+
	BITFIELD_RO {key} (GET u8 0|SET u8 0 1|INCRBY u8 0 1|OVERFLOW SAT)+
	BITFIELD_RO {key}
	GET {key}
	STRLEN {key}
	APPEND {key} {value}
	SETRANGE {key} {offset} {value}
	EXPIRE {key} {secs}
	DEL {key}
`)
