-- Answers each "pattern command ..." line with whether COMMAND LIST lists the command.
local function bytes(s)
  return (s:gsub('%%(%x%x)', function(h) return string.char(tonumber(h, 16)) end))
end
local out = {}
for line in ARGV[1]:gmatch('[^\n]+') do
  local p, s = line:match('^(%S*) (%S*)')
  local found = 0
  for _, name in ipairs(redis.call('COMMAND', 'LIST', 'FILTERBY', 'PATTERN', bytes(p))) do
    if name == s then found = 1 end
  end
  out[#out + 1] = p .. ' ' .. s .. ' ' .. found
end
return out
