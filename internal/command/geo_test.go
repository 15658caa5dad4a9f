package command

import "testing"

func TestGeoReplies(t *testing.T) {
	s := newTester(t)
	s.script(`
		GEOADD g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania => :2
		GEOADD g CH 13.361389 38.2 Palermo 15.087269 37.502669 Catania => :1
		GEOADD g XX CH 13.361389 38.115556 Palermo 1 2 Rome => :1
		GEOPOS g Palermo Rome => [[$13.36138933897018433 $38.11555639549629859] *nil]
		GEOPOS none => []
		GEODIST g Palermo Catania => $166274.1516
		GEODIST g Palermo Catania KM => $166.2742
		GEODIST g Palermo Rome => $nil
		GEOHASH g Palermo Rome => [$sqc8b49rny0 $nil]
		GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 200 km ASC => [$Catania $Palermo]
		GEOSEARCH g FROMLONLAT 15 37 BYBOX 400 400 km DESC COUNT 1 => [$Palermo]
		GEORADIUS g 15 37 200 km WITHDIST DESC => [[$Palermo $190.4424] [$Catania $56.4413]]
		GEORADIUS_RO g 15 37 100 km WITHHASH => [[$Catania :3479447370796909]]
		GEORADIUSBYMEMBER g Palermo 10 km WITHCOORD => [[$Palermo [$13.36138933897018433 $38.11555639549629859]]]
		GEORADIUSBYMEMBER_RO none Palermo x km => []
		GEORADIUS g 15 37 200 km STOREDIST d => :2
		ZSCORE d Catania => $56.441257870158204
		GEOSEARCHSTORE d g FROMMEMBER Palermo BYRADIUS 1 m => :1
		ZSCORE d Palermo => $3479099956230698
		GEOSEARCHSTORE d none FROMMEMBER Palermo BYRADIUS 1 m => :0
		EXISTS d => :0
	`)
	s.proto = 3
	s.script(`
		GEOPOS g Palermo Rome => [[,13.36138933897018433 ,38.11555639549629859] nil]
		GEODIST g Palermo Catania => $166274.1516
		GEODIST g Palermo Rome => nil
		GEORADIUS g 15 37 100 km WITHDIST => [[$Catania $56.4413]]
	`)
}

func TestGeoErrors(t *testing.T) {
	newTester(t).script(`
		SET str v => +OK
		GEOADD g 1 2 a => :1
		GEOADD g 1 100 a => -ERR invalid longitude,latitude pair 1.000000,100.000000
		GEOADD str 1 x a => -ERR value is not a valid float
		GEOADD g NX XX 1 2 a => -ERR syntax error
		GEOADD g INCR 1 2 a => -ERR syntax error
		GEODIST str a b x => -ERR unsupported unit provided. please use M, KM, FT, MI
		GEODIST str a b m x => -ERR syntax error
		GEOSEARCH str FROMLONLAT 1 200 BYRADIUS 1 m => -WRONGTYPE Operation against a key holding the wrong kind of value
		GEOSEARCH g FROMMEMBER x BYRADIUS x m => -ERR could not decode requested zset member
		GEOSEARCH g BYRADIUS x m FROMMEMBER x => -ERR need numeric radius
		GEOSEARCH g FROMMEMBER a BYBOX 1 x m => -ERR need numeric height
		GEOSEARCH g FROMMEMBER a BYBOX x 1 m => -ERR need numeric width
		GEOSEARCH g FROMMEMBER a BYBOX 1 -1 m => -ERR height or width cannot be negative
		GeoSearch g BYRADIUS 1 m COUNT 1 ASC => -ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for GeoSearch
		GEOSEARCH g FROMLONLAT 1 2 COUNT 1 ASC => -ERR exactly one of BYRADIUS and BYBOX can be specified for GEOSEARCH
		GEOSEARCH g FROMLONLAT 1 2 BYRADIUS 1 m ANY => -ERR the ANY argument requires COUNT argument
		GEOSEARCH g FROMLONLAT 1 2 BYRADIUS 1 m COUNT 0 => -ERR COUNT must be > 0
		GEOSEARCHSTORE d g FROMLONLAT 1 2 BYRADIUS 1 m WITHDIST => -ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options
		GEORADIUS g 1 2 1 m STORE d WITHDIST => -ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD options
		GEORADIUS_RO g 1 2 1 m STORE d => -ERR syntax error
		GEORADIUS g 1 2 -1 m => -ERR radius cannot be negative
		GEORADIUSBYMEMBER none x y m FOO => -ERR syntax error
	`)
}
