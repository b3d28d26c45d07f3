// netstandard2.0 has no implicit usings for the sources that are linked from the runtime; these are the ones that they rely on.
global using System;
global using System.Collections.Generic;
global using System.Linq;
global using System.Threading;
