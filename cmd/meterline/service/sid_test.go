package service

import "testing"

// TestServiceSID has a SID that every Windows shows with "sc showsid".
func TestServiceSID(t *testing.T) {
	const want = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
	for _, name := range []string{"TrustedInstaller", "trustedinstaller"} {
		if got := serviceSID(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func TestFolderAccess(t *testing.T) {
	want := "O:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1301bf;;;S-1-5-80-1)"
	if got := folderAccess("S-1-5-80-1"); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestRestarts: Windows repeats the last pause, so that they must not shrink.
func TestRestarts(t *testing.T) {
	for i := 1; i < len(restartAfter); i++ {
		if restartAfter[i] < restartAfter[i-1] {
			t.Errorf("pause %d, %v, is shorter than the one before", i, restartAfter[i])
		}
	}
	if last := restartAfter[len(restartAfter)-1]; failuresForgotten <= last {
		t.Errorf("failures are forgotten after %v, before the last pause of %v is over", failuresForgotten, last)
	}
}
