package differential

var geoForms = parseForms(`
	12* GEOADD {key} ({lon} {lat} {place})+
	3* GEOADD {key} [NX|XX|CH] [CH] {lon} {lat} {place}
	2* ZADD {key} {score} {place}
	2* GEOPOS {key} {place}+
	2* GEODIST {key} {place} {place} [{unit}]
	2* GEOHASH {key} {place}+
	4* GEOSEARCH {key} (FROMMEMBER {place}|FROMLONLAT {lon} {lat}) BYRADIUS {length} {unit} [ASC|DESC] [COUNT {count} [ANY]] [WITHCOORD] [WITHDIST] [WITHHASH]
	4* GEOSEARCH {key} (FROMMEMBER {place}|FROMLONLAT {lon} {lat}) BYBOX {length} {length} {unit} [ASC|DESC] [COUNT {count} [ANY]] [WITHCOORD] [WITHDIST] [WITHHASH]
	2* GEOSEARCH {key} [FROMMEMBER {place}|FROMLONLAT {lon} {lat}] [BYRADIUS {length} {unit}|BYBOX {length} {length} {unit}] [ANY|COUNT {count}|STOREDIST|STORE {key}]
	4* GEOSEARCHSTORE {key} {key} (FROMMEMBER {place}|FROMLONLAT {lon} {lat}) (BYRADIUS {length} {unit}|BYBOX {length} {length} {unit}) [ASC|DESC] [COUNT {count} [ANY]] [STOREDIST]
	GEOSEARCHSTORE {key} {key} FROMLONLAT {lon} {lat} BYRADIUS {length} {unit} [WITHDIST|STOREDIST|STORE {key}]
	3* GEORADIUS {key} {lon} {lat} {length} {unit} [ASC|DESC] [COUNT {count} [ANY]] [WITHCOORD] [WITHDIST] [WITHHASH]
	2* GEORADIUS {key} {lon} {lat} {length} {unit} [STORE {key}|STOREDIST {key}] [ASC|DESC] [COUNT {count} [ANY]]
	GEORADIUS {key} {lon} {lat} {length} {unit} [STORE {key}|STOREDIST {key}|WITHDIST|{junk}]
	2* GEORADIUSBYMEMBER {key} {place} {length} {unit} [ASC|DESC] [COUNT {count} [ANY]] [WITHCOORD] [WITHDIST] [WITHHASH]
	2* GEORADIUSBYMEMBER {key} {place} {length} {unit} [STORE {key}|STOREDIST {key}] [ASC|DESC] [COUNT {count} [ANY]]
	GEORADIUSBYMEMBER {key} {place} {length} {unit} [{junk}]
	GEORADIUS_RO {key} {lon} {lat} {length} {unit} [ASC|DESC] [COUNT {count} [ANY]] [WITHDIST]
	GEORADIUS_RO {key} {lon} {lat} {length} {unit} STORE {key}
	GEORADIUSBYMEMBER_RO {key} {place} {length} {unit} [ASC|DESC] [COUNT {count} [ANY]] [WITHDIST]
	GEORADIUSBYMEMBER_RO {key} {place} {length} {unit} STOREDIST {key}
	ZREM {key} {place}
	ZRANGE {key} 0 -1 WITHSCORES
	DEL {key}
`)
