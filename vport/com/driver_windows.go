package com

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"

	"meterline/vport/com0com"
)

// AskDriver asks Windows about the driver that makes pairs of COM ports.
func AskDriver() (Driver, error) {
	var d Driver
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, com0com.KeyService, registry.READ)
	switch {
	case errors.Is(err, registry.ErrNotExist):
	case err != nil:
		return d, fmt.Errorf("ask about com0com: %w", err)
	default:
		d.Installed = true
		start, _, err := key.GetIntegerValue("Start")
		d.Disabled = err == nil && start == windows.SERVICE_DISABLED
		_ = key.Close()
	}
	if err := d.devices(); err != nil {
		return d, fmt.Errorf("ask about the devices of com0com: %w", err)
	}
	return d, nil
}

// devices counts the driver's devices, and collects their problems.
func (d *Driver) devices() error {
	list, err := windows.SetupDiGetClassDevsEx(nil, "", 0, windows.DIGCF_ALLCLASSES|windows.DIGCF_PRESENT, 0, "")
	if err != nil {
		return err
	}
	defer func() { _ = list.Close() }()
	for i := 0; ; i++ {
		device, err := list.EnumDeviceInfo(i)
		if errors.Is(err, windows.ERROR_NO_MORE_ITEMS) {
			return nil
		}
		if err != nil {
			return err
		}
		if !ofCom0com(list, device) {
			continue
		}
		d.Devices++
		var status, problem uint32
		if windows.CM_Get_DevNode_Status(&status, &problem, device.DevInst, 0) == nil && status&windows.DN_HAS_PROBLEM != 0 {
			d.Problems = append(d.Problems, problem)
		}
	}
}

// ofCom0com reports whether a device is the driver's, by its hardware id: root\com0com is a pair, com0com\… an end of one.
func ofCom0com(list windows.DevInfo, device *windows.DevInfoData) bool {
	value, err := list.DeviceRegistryProperty(device, windows.SPDRP_HARDWAREID)
	ids, isList := value.([]string)
	return err == nil && isList && slices.ContainsFunc(ids, func(id string) bool {
		id = strings.ToLower(id)
		return id == `root\com0com` || strings.HasPrefix(id, `com0com\`)
	})
}
