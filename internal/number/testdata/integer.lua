-- Answers each "integer ..." line with how INCRBY reads it as an increment.
local function bytes(s)
  return (s:gsub('%%(%x%x)', function(h) return string.char(tonumber(h, 16)) end))
end
local out = {}
for line in ARGV[1]:gmatch('[^\n]+') do
  local increment = line:match('^(%S*)')
  redis.call('SET', 'key', 0)
  local reply = redis.pcall('INCRBY', 'key', bytes(increment))
  out[#out + 1] = increment .. ' ' .. (type(reply) == 'table' and 'refused' or redis.call('GET', 'key'))
end
redis.call('DEL', 'key')
return out
