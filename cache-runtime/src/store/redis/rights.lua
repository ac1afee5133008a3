-- Returns the first command that the user may not run in a script on KEYS[1], or ''.
-- The key does not exist, and none of the commands makes it.
local commands = {
  { 'TYPE', KEYS[1] },
  { 'GETRANGE', KEYS[1], 0, 0 },
  { 'SETRANGE', KEYS[1], 0, '' },
  { 'SET', KEYS[1], '', 'XX', 'PX', 1 },
  { 'UNLINK', KEYS[1] },
}
for _, command in ipairs(commands) do
  local answer = redis.pcall(unpack(command))
  local fault = type(answer) == 'table' and answer.err or ''
  if string.find(fault, 'NOPERM') or string.find(fault, 'ACL failure')
    -- Redis 6 has no code for it in scripts.
    or string.find(fault, "can't run this command") or string.find(fault, "can't access")
    -- A command that the server does not have, or under another name.
    -- mutant: a command that a server has lost in scripts is not missed
    or string.find(fault, 'nknown Redis command') or string.find(fault, 'nknown command') then
    return command[1]
  end
end
return ''
