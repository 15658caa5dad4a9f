-- Answers each "value increment ..." line with the reply of INCRBYFLOAT.
local function bytes(s)
  return (s:gsub('%%(%x%x)', function(h) return string.char(tonumber(h, 16)) end))
end
local out = {}
for line in ARGV[1]:gmatch('[^\n]+') do
  local value, increment = line:match('^(%S*) (%S*)')
  redis.call('SET', 'key', bytes(value))
  local reply = redis.pcall('INCRBYFLOAT', 'key', bytes(increment))
  out[#out + 1] = value .. ' ' .. increment .. ' ' .. (reply.err or reply)
end
redis.call('DEL', 'key')
return out
